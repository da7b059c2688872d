"""Forms by which researchers upload tracks and clips."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from explainer.core.audio import FORMATS

SOUNDS = ",".join(FORMATS)  # what the browser offers to choose
_MOST_FILES = settings.DATA_UPLOAD_MAX_NUMBER_FILES


class SeveralFilesInput(forms.FileInput):
    """A file input that takes several files."""

    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[UploadedFile]:
        """Return all of them."""
        return files.getlist(name)


class SeveralFilesField(forms.FileField):
    """Several uploaded files, as a list."""

    widget = SeveralFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        """Clean each file by itself."""
        if not data and self.required:
            raise forms.ValidationError("Choose at least one sound file.")
        return [super(SeveralFilesField, self).clean(file, initial) for file in data]

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Say whether any file was chosen."""
        return bool(data)


class UploadTracksForm(forms.Form):
    """One or several sound files with what is known of all of them."""

    files = SeveralFilesField(
        allow_empty_file=True,
        label="Sound files",
        help_text="WAV, FLAC, Ogg (Vorbis or Opus) or MP3, mono or stereo. Each file becomes a track "
        f"named after it. Up to {_MOST_FILES:,} files at once.",
        widget=SeveralFilesInput(
            attrs={
                "accept": SOUNDS,
                "data-most": _MOST_FILES,
                "data-too-many": f"Choose at most {_MOST_FILES:,} files at once, and the others later.",
            }
        ),
    )
    composer = forms.CharField(required=False, max_length=200)
    source = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 2}), help_text="Where they come from."
    )
    licence = forms.CharField(
        required=False, max_length=200, help_text="Under which terms they may be played to listeners."
    )


class UploadClipsForm(forms.Form):
    """An archive of clips from another system."""

    archive = forms.FileField(
        label="Zip archive",
        help_text="Sound files, and a table manifest.csv with the columns file, track, condition, target, "
        "method.",
        widget=forms.FileInput(attrs={"accept": ".zip"}),
    )

    def clean_archive(self) -> UploadedFile:
        """Refuse what is too large before it is opened."""
        archive = self.cleaned_data["archive"]
        if archive.size > settings.MAXIMUM_ARCHIVE_BYTES:
            megabytes = settings.MAXIMUM_ARCHIVE_BYTES / 2**20
            raise forms.ValidationError(
                f"The archive is larger than the {megabytes:g} MB allowed; split it into several."
            )
        return archive
