"""Code that several kinds of questions share: labels of ends, slider positions, rules about answers."""
