"""Label files as their authors publish them."""

MID_LEVEL_CSV = """song_id, melody, articulation,rhythm_complexity, rhythm_stability,dissonance,atonality,mode
1,6.5,2.5, 3.0,7.5,2.0,8.0,3.5
12, 4.0,8.0,6.0,5.0,7.5, 2.5,9.0
"""
