"""Content of the admin's first page: the stages of the work, and the latest studies."""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Count, Model, Q
from django.urls import reverse

from explainer.core.base.counting import plural
from explainer.models import Explanation, MusicModel, Recipe, Track
from studyserver.study.models import Annotator, Study

STUDIES_SHOWN = 8
# Studies that need attention come first.
_ORDER = [Study.State.OPEN, Study.State.DRAFT, Study.State.CLOSED]


@dataclass(frozen=True)
class Link:
    """A page and the permission that it requires."""

    words: str
    page: str
    permission: str

    @property
    def address(self) -> str:
        """Address of the page."""
        return reverse(self.page)


@dataclass(frozen=True)
class Stage:
    """One stage of the work."""

    title: str  # its task
    text: str  # its current state
    done: bool  # whether the next stage has something to work with
    links: list[Link]  # its pages, the most usual first


@dataclass(frozen=True)
class StudyInBrief:
    """A study and the number of people who have finished it."""

    study: Study
    finished: int


def stages(user: User) -> list[Stage]:
    """Return the stages in order, each with the pages that the user has permission for."""
    everything = [_music(), _models(), _recipes(), _clips(), _studies()]
    own = [[link for link in stage.links if user.has_perm(link.permission)] for stage in everything]
    return [
        Stage(stage.title, stage.text, stage.done, links)
        for stage, links in zip(everything, own, strict=True)
        if links
    ]


def _music() -> Stage:
    links = [
        Link("Add tracks", "admin:explainer_track_add", "explainer.add_track"),
        Link("All tracks", "admin:explainer_track_changelist", "explainer.view_track"),
    ]
    return _counting(Track, "Add music", "Sound files, one or many at once.", links)


def _models() -> Stage:
    links = [
        Link("Add a model", "admin:explainer_musicmodel_add", "explainer.add_musicmodel"),
        Link("All models", "admin:explainer_musicmodel_changelist", "explainer.view_musicmodel"),
        Link("Correlations", "explainer:correlations", "explainer.view_explanation"),
    ]
    otherwise = "Your own model, or a published one."
    return _counting(MusicModel, "Connect a model", otherwise, links, ("model", "models"))


def _recipes() -> Stage:
    links = [
        Link("Add a recipe", "admin:explainer_recipe_add", "explainer.add_recipe"),
        Link("All recipes", "admin:explainer_recipe_changelist", "explainer.view_recipe"),
    ]
    otherwise = "Method, segments and clips."
    return _counting(Recipe, "Choose how to explain", otherwise, links)


def _clips() -> Stage:
    state = Explanation.State
    count = Explanation.objects.aggregate(
        done=Count("pk", filter=Q(state=state.DONE)),
        failed=Count("pk", filter=Q(state=state.FAILED)),
        under_way=Count("pk", filter=Q(state__in=[state.WAITING, state.BUILDING])),
    )
    done = count["done"]
    said = [
        f"{plural(done, 'explanation')} ready" if done else "",
        f"{count['under_way']} in progress" if count["under_way"] else "",
        f"{count['failed']} failed" if count["failed"] else "",
    ]
    text = ", ".join(filter(None, said)) or "For every chosen track, model and recipe"
    links = [
        Link("Build clips", "explainer:build", "explainer.add_explanation"),
        Link("Progress", "explainer:progress", "explainer.view_explanation"),
        Link("Browse and play", "admin:explainer_explanation_changelist", "explainer.view_explanation"),
        Link("Upload clips", "explainer:upload-clips", "explainer.add_clip"),
    ]
    return Stage("Build the clips", f"{text}.", bool(done), links)


def _studies() -> Stage:
    links = [
        Link("Start from a template", "admin:study_study_templates", "study.add_study"),
        Link("Add a study", "admin:study_study_add", "study.add_study"),
        Link("All studies", "admin:study_study_changelist", "study.view_study"),
    ]
    return _counting(Study, "Create a study", "Clips, questions and a rehearsal before it opens.", links)


def _counting(
    rows: type[Model], title: str, otherwise: str, links: list[Link], words: tuple[str, str] | None = None
) -> Stage:
    """Return a stage with the number of rows, or with the text `otherwise` if there are none."""
    number = rows.objects.count()
    one, several = words or (str(rows._meta.verbose_name), str(rows._meta.verbose_name_plural))
    text = f"{plural(number, one, several)}." if number else otherwise
    return Stage(title, text, bool(number), links)


def studies(user: User) -> list[StudyInBrief]:
    """Return the studies: open ones, then drafts, then closed ones, the newest of each first."""
    if not user.has_perm("study.view_study"):
        return []
    people = Q(annotators__state=Annotator.State.FINISHED, annotators__rehearsal=False)
    counted = Study.objects.annotate(finished=Count("annotators", filter=people)).order_by("-pk")
    newest = sorted(counted, key=lambda study: _ORDER.index(study.state))[:STUDIES_SHOWN]
    return [StudyInBrief(study, study.finished) for study in newest]
