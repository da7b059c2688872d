"""The exception of the parsers of sound files."""


class SoundFileProblem(ValueError):
    """Raised for a sound file that cannot be read completely.

    The message is a predicate without the file's name ("is cut off: ...") and ends with the remedy.
    """
