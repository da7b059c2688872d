"""The exception of the parsers of sound files."""

SEVERAL_RECORDINGS = (
    "contains several recordings, of which players play only the first; "
    "join them in an audio editor, or upload each as a separate file"
)


class SoundFileProblem(ValueError):
    """Raised for a sound file that cannot be read completely.

    The message is a predicate without the file's name ("is cut off: ...") and ends with the remedy.
    """
