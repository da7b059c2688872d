"""Targets of music models in plain words: one complete sentence each, which everybody understands.

Questions quote the sentence, because single words would need different forms in most languages. Some names,
such as "modality", mean opposite things in different sources. They have no sentence here, and the study's
page says so.
"""

import re
from collections import Counter
from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from studyserver.study.models import Study

_SENTENCES = {
    # musical features
    "melodiousness": _("There is a tune that one could sing along to."),
    "articulation": _("The notes are short and separate."),
    "rhythm complexity": _("The rhythm is complicated."),
    "rhythm stability": _("The rhythm is so steady that one could clap along."),
    "dissonance": _("It sounds harsh, as if the notes did not want to go together."),
    "consonance": _("It sounds smooth: the notes go well together."),
    "tonal stability": _("One note feels like home all the way through."),
    "minorness": _("It sounds dark rather than bright, as music in a minor key does."),
    "majorness": _("It sounds bright rather than dark, as music in a major key does."),
    "speed": _("The music is fast."),
    "slow": _("The music is slow."),
    "pitch height": _("The notes are high."),
    "complexity": _("A lot happens at once, and it is hard to follow."),
    "harmonic complexity": _("The chords are unusual and change a lot."),
    "rhythmic clarity": _("The beat is easy to hear."),
    "brightness": _("The sound is bright and sharp, not dull."),
    "roughness": _("The sound is rough."),
    "loud": _("The music is loud."),
    "quiet": _("The music is quiet."),
    "soft": _("The music is soft and gentle."),
    "danceability": _("One could dance to it."),
    "beat": _("A clear beat can be heard."),
    "weird": _("The music sounds strange."),
    "catchy": _("The music sticks in one's mind."),
    # feelings
    "valence": _("The music expresses a pleasant feeling."),
    "energy": _("The music is full of energy."),
    "tension": _("The music is tense."),
    "anger": _("The music sounds angry."),
    "fear": _("The music sounds frightening."),
    "happy": _("The music sounds happy."),
    "sad": _("The music sounds sad."),
    "tender": _("The music sounds tender."),
    "peaceful": _("The music sounds peaceful."),
    "calm": _("The music sounds calm."),
    "relaxed": _("The music sounds relaxed."),
    "surprise": _("The music sounds surprising."),
    "disgust": _("The music sounds repulsive."),
    "melancholic": _("The music sounds melancholic."),
    "nostalgia": _("The music sounds like a longing for times past."),
    "romantic": _("The music sounds romantic."),
    "dark": _("The music sounds gloomy."),
    "dramatic": _("The music sounds dramatic."),
    "dreamy": _("The music sounds dreamy."),
    "funny": _("The music sounds funny."),
    "hopeful": _("The music sounds hopeful."),
    "power": _("The music sounds powerful."),
    "wonder": _("The music sounds full of wonder."),
    "transcendence": _("The music sounds sublime, as if from another world."),
    "beautiful": _("The music sounds beautiful."),
    "mellow": _("The music sounds soft and warm."),
    "sexy": _("The music sounds sensual."),
    # who plays and sings
    "guitar": _("A guitar can be heard."),
    "strings": _("Bowed strings can be heard, such as violins."),
    "drums": _("Drums can be heard."),
    "piano": _("A piano can be heard."),
    "violin": _("A violin can be heard."),
    "synth": _("A synthesizer can be heard."),
    "harpsichord": _("A harpsichord can be heard."),
    "flute": _("A flute can be heard."),
    "sitar": _("A sitar, an Indian string instrument, can be heard."),
    "harp": _("A harp can be heard."),
    "cello": _("A cello can be heard."),
    "vocals": _("Somebody sings or speaks."),
    "singing": _("Somebody sings."),
    "no vocals": _("Nobody sings or speaks."),
    "female vocals": _("A woman sings or speaks."),
    "male vocals": _("A man sings or speaks."),
    "choir": _("A choir sings."),
    "opera": _("It sounds like opera."),
    "solo": _("A single instrument or voice plays or sings alone."),
    "instrumental": _("Only instruments can be heard, no voices."),
    "acoustic": _("The instruments sound without electronics."),
    # kinds of music
    "rock": _("It sounds like rock music."),
    "pop": _("It sounds like pop music."),
    "alternative": _("It sounds like music off the mainstream (alternative)."),
    "alternative rock": _("It sounds like rock music off the mainstream (alternative rock)."),
    "indie": _("It sounds like music of independent bands (indie)."),
    "indie rock": _("It sounds like rock music of independent bands (indie rock)."),
    "indie pop": _("It sounds like pop music of independent bands (indie pop)."),
    "electronic": _("It sounds like music made with electronics."),
    "dance": _("It sounds like dance music."),
    "party": _("It sounds like music for a party."),
    "jazz": _("It sounds like jazz."),
    "metal": _("It sounds like metal: hard and loud, with distorted guitars."),
    "heavy metal": _("It sounds like heavy metal: hard and loud, with distorted guitars."),
    "chillout": _("It sounds like quiet music to relax to."),
    "classic rock": _("It sounds like rock music of the 1960s to 1980s."),
    "hard rock": _("It sounds like hard rock: loud, with strong guitars."),
    "progressive rock": _("It sounds like progressive rock: long and with many changes."),
    "soul": _("It sounds like soul."),
    "rnb": _("It sounds like rhythm and blues (R&B)."),
    "funk": _("It sounds like funk."),
    "blues": _("It sounds like blues."),
    "folk": _("It sounds like folk music."),
    "country": _("It sounds like country music."),
    "punk": _("It sounds like punk: fast, loud and simple."),
    "hip hop": _("It sounds like hip-hop."),
    "house": _("It sounds like house: electronic dance music with an even beat."),
    "techno": _("It sounds like techno: fast electronic dance music."),
    "ambient": _("It sounds like ambient music: calm layers of sound, without a clear beat."),
    "experimental": _("It sounds like an experiment, unlike most music."),
    "easy listening": _("It sounds like light music that one can listen to on the side."),
    "classical": _("It sounds like classical music."),
    "indian": _("It sounds like music from India."),
    "new age": _("It sounds like new age: calm music to meditate to."),
    "oldies": _("It sounds like old hits."),
    "60s": _("It sounds like music of the 1960s."),
    "70s": _("It sounds like music of the 1970s."),
    "80s": _("It sounds like music of the 1980s."),
    "90s": _("It sounds like music of the 1990s."),
    "00s": _("It sounds like music of the years from 2000 to 2009."),
}
_SYNONYMS = {
    "happy": "happiness, joy, joyful, cheerful, joyful activation",
    "sad": "sadness, sorrow",
    "anger": "angry, aggressive, aggression",
    "fear": "fearful, scary, frightening, frightened",
    "tender": "tenderness",
    "peaceful": "peacefulness, peace",
    "calm": "calmness, serene, serenity",
    "relaxed": "relaxing, relaxation, relax",
    "energy": "arousal, energetic, activation, activity",
    "valence": "pleasantness, pleasant",
    "tension": "tense",
    "surprise": "surprising, surprised",
    "disgust": "disgusted",
    "melancholic": "melancholy",
    "nostalgia": "nostalgic",
    "romantic": "romance, love",
    "dark": "gloomy",
    "dramatic": "drama",
    "dreamy": "dream",
    "funny": "humor, humorous, amusing",
    "hopeful": "hope",
    "power": "powerful, powerfulness",
    "beautiful": "beauty",
    "wonder": "amazement",
    "melodiousness": "melodious, melodic, melody, melodicity",
    "articulation": "staccato",
    "rhythm complexity": "rhythmic complexity",
    "rhythm stability": "rhythmic stability, rhythmic regularity",
    "tonal stability": "tonality stability",
    "minorness": "minor",
    "majorness": "major",
    "speed": "fast, tempo, perceived speed",
    "pitch height": "pitch, overall pitch, overall pitch height",
    "loud": "loudness, dynamics",
    "danceability": "danceable",
    "beat": "beats",
    "rhythmic clarity": "rhythm clarity, pulse clarity",
    "brightness": "bright",
    "roughness": "rough",
    "dissonance": "dissonant",
    "consonance": "consonant",
    "vocals": "vocal, voice, voices",
    "no vocals": "no vocal, no voice",
    "female vocals": "female vocal, female vocalist, female vocalists, female voice, female, woman",
    "male vocals": "male vocal, male vocalist, male vocalists, male voice, male, man",
    "choir": "choral",
    "electronic": "electronica, electro",
    "classical": "classic",
    "chillout": "chill",
    "hip hop": "hiphop, rap",
    "rnb": "r&b, rhythm and blues",
    "synth": "synthesizer",
    "drums": "drum",
    "violin": "violins",
}
_KNOWN = {synonym: name for name, synonyms in _SYNONYMS.items() for synonym in synonyms.split(", ")} | {
    name: name for name in _SENTENCES
}


def readable(target: str) -> str:
    """Return a model's target as words: ``tonal_stability`` becomes ``tonal stability``."""
    return target.replace("_", " ").replace("--", " ").strip()


def plain_words(target: str) -> Promise | None:
    """Return the sentence for a target, for all spellings of its name; None if it has no sentence.

    For names of tag sets such as ``mood/theme---happy``, the last part counts.
    """
    name = known_name(target)
    return _SENTENCES[name] if name else None


def known_name(target: str) -> str:
    """Return the usual name of a target, the same for all spellings; empty if it has no sentence."""
    name = re.split(r"---|/|:", target)[-1]
    return _KNOWN.get(" ".join(re.split(r"[\s_-]+", name.lower().strip(" _-"))), "")


def sentences(targets: Iterable[str]) -> dict[str, Promise | None]:
    """Return the sentence for each target; if two targets share a sentence, their names are added."""
    found = {target: plain_words(target) for target in targets}
    times = Counter(id(words) for words in found.values() if words is not None)
    return {
        target: format_lazy("{words} ({target})", words=words, target=readable(target))
        if words is not None and times[id(words)] > 1
        else words
        for target, words in found.items()
    }


def targets_of(study: Study) -> list[str]:
    """Return the targets of a study's clips."""
    targets = study.stimuli.active().exclude(clip__target="").values_list("clip__target", flat=True)
    return sorted(set(targets))


def without_words(study: Study) -> list[str]:
    """Return the targets of a study without plain words, as annotators would read them."""
    return [readable(target) for target in targets_of(study) if plain_words(target) is None]
