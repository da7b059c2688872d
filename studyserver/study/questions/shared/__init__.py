"""What several kinds of questions share: labels at ends, positions of sliders, rules about answers."""
