"""The mark of a rehearsal's figures in everything that leaves the site."""

from explainer.core.base.counting import plural
from studyserver.study.models import Study

REHEARSAL = "REHEARSAL: simulated annotators, not people"


def rehearsal_mark(study: Study, *, rehearsal: bool = True) -> str:
    """Return the mark with the numbers of simulated annotators and previews; empty for people's answers."""
    if not rehearsal:
        return ""
    joined = study.annotators.rehearsals().filter(answers_discarded=False)
    previews = joined.previews().count()
    who = [plural(joined.count() - previews, "simulated annotator")]
    if previews:
        who.append(plural(previews, "preview by a researcher", "previews by researchers"))
    return f"{REHEARSAL} ({' and '.join(who)})"


def file_stem(study: Study, *, rehearsal: bool) -> str:
    """Return the beginning of the names of a study's files."""
    return f"{study.slug}-rehearsal" if rehearsal else study.slug
