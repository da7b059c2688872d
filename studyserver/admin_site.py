"""The admin site, with its apps in the order of the work."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig
from django.http import HttpRequest, HttpResponse

# From studies to results; apps for running the site come last.
_APPS = ("study", "explainer", "results", "auth", "axes", "django_tasks_database")
_MODELS = (
    *("Study", "Stimulus", "Annotator", "Trial", "Judgment"),
    *("Track", "MusicModel", "Recipe", "Explanation", "Clip"),
)
# Names of third-party apps.
_NAMES = {"auth": "Researchers' accounts", "axes": "Sign-ins", "django_tasks_database": "Background tasks"}


class ResearchSite(AdminSite):
    """The admin of this site."""

    site_header = site_title = "Listening studies"
    index_title = "From tracks to clips, from studies to results"

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the sign-in page."""
        from .sign_in import SignInForm  # needs the models, which are not loaded when the admin is set up

        self.login_form = SignInForm
        return super().login(request, extra_context)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the progress from music to results, above the list of models."""
        from . import start_page  # needs the models, which are not loaded when the admin is set up

        context = {"stages": start_page.stages(request.user), "studies": start_page.studies(request.user)}
        return super().index(request, {**context, **(extra_context or {})})

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """Return the apps in the order of the work, with telling names."""
        apps = super().get_app_list(request, app_label)
        for app in apps:
            app["name"] = _NAMES.get(app["app_label"], app["name"])
            app["models"].sort(key=lambda model: _place(model["object_name"], _MODELS))
        return sorted(apps, key=lambda app: _place(app["app_label"], _APPS))


def _place(name: str, order: tuple[str, ...]) -> int:
    return order.index(name) if name in order else len(order)


class AdminConfig(DjangoAdminConfig):
    """Makes `ResearchSite` the default admin site."""

    default_site = "studyserver.admin_site.ResearchSite"
