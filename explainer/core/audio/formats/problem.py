"""What the parsers of sound files raise."""


class SoundFileProblem(ValueError):
    """A sound file that cannot be read whole.

    The message is a predicate without the file's name ("is cut off: ...") and ends with the remedy.
    """
