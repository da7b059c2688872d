"""Write a study's results as a folder or a zip file."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from studyserver.results.data.rehearsal_marks import rehearsal_mark
from studyserver.results.export.archive import ExportError, StudyExport
from studyserver.results.export.data_package import PROBLEMS
from studyserver.results.tables.failures import Parts
from studyserver.study.models import Study


class Command(BaseCommand):
    """``manage.py export_study SLUG [--output FOLDER|FILE.zip] [--rehearsal] [--overwrite]``."""

    help = "Writes a study's tables, codebook, texts and scripts as a folder or a zip file."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("slug", help="short name of the study, as in its address")
        parser.add_argument(
            "--output",
            type=Path,
            help="folder or FILE.zip to write; by default SLUG.zip in the current folder",
        )
        parser.add_argument(
            "--rehearsal", action="store_true", help="export the simulated annotators instead of people"
        )
        parser.add_argument("--overwrite", action="store_true", help="replace the zip file if it exists")

    def handle(
        self, *, slug: str, output: Path | None, rehearsal: bool, overwrite: bool, **options: Any
    ) -> None:
        """Write the export and print its path."""
        study = Study.objects.filter(slug=slug).first()
        if study is None:
            known = ", ".join(Study.objects.order_by("slug").values_list("slug", flat=True)) or "none"
            raise CommandError(f"There is no study “{slug}”. There are: {known}.")
        self._compute_models(study, rehearsal=rehearsal)
        export = StudyExport(study, rehearsal=rehearsal)
        output = output or Path(f"{export.name}.zip")
        try:
            if output.suffix.lower() == ".zip":
                if output.exists() and not overwrite:
                    raise CommandError(f"{output} exists: choose another file, or add --overwrite.")
                export.write_zip(output)
            else:
                export.write_folder(output)
        except (ExportError, OSError) as error:
            raise CommandError(str(error)) from error
        if problems := export.problems:
            listed = "\n".join(f"- {problem}" for problem in problems)
            raise CommandError(f"Wrote {output}, but it is incomplete (see {PROBLEMS} in it):\n{listed}")
        if rehearsal:
            self.stdout.write(rehearsal_mark(study))
        self.stdout.write(self.style.SUCCESS(f"Wrote {output}"))

    @staticmethod
    def _compute_models(study: Study, *, rehearsal: bool) -> None:
        """Compute the models of answers that are missing; a failure leaves the rest of the export whole."""
        from studyserver.results.data.rows import StudyRows
        from studyserver.results.tables.answer_models.fitting import fit_study
        from studyserver.results.tables.computed import Computed

        parts = Parts(Computed(StudyRows(study, rehearsal=rehearsal)))
        parts.part("models", "Models of the answers", fit_study)
