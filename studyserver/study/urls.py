"""Addresses of the study app; except for a study's slug, they contain only random tokens."""

from django.urls import path
from django.views.i18n import set_language

from .pages import api, invitation_views, screening_views, views

app_name = "study"
urlpatterns = [
    path("", views.home, name="home"),
    path("language/", set_language, name="language"),
    path("s/<slug:slug>/", invitation_views.join, name="join"),
    path("i/<str:token>/", invitation_views.personal, name="personal"),
    path("my-data/", invitation_views.my_data, name="my-data"),
    path("level-sound", screening_views.level_sound, name="level-sound"),
    path("a/<str:token>/", views.resume, name="resume"),
    path("a/<str:token>/consent", views.consent, name="consent"),
    path("a/<str:token>/instructions", views.instructions, name="instructions"),
    path("a/<str:token>/questions", screening_views.questions, name="questions"),
    path("a/<str:token>/level", screening_views.level, name="level"),
    path("a/<str:token>/sound-check", views.sound_check, name="sound-check"),
    path("a/<str:token>/headphones", screening_views.headphone_check, name="headphones"),
    path(
        "a/<str:token>/headphones/<int:check>/<int:trial>",
        screening_views.headphone_sound,
        name="headphone-sound",
    ),
    path("a/<str:token>/trials", views.trials, name="trials"),
    path("a/<str:token>/offline", views.offline_page, name="offline"),
    path("a/<str:token>/offline-worker.js", views.offline_worker, name="offline-worker"),
    path("a/<str:token>/leave", views.leave, name="leave"),
    path("a/<str:token>/thanks", views.thanks, name="thanks"),
    path("a/<str:token>/ended", views.ended, name="ended"),
    path("a/<str:token>/judgments", api.judgments, name="judgments"),
    path("a/<str:token>/trials/<str:trial>/finish", api.finish, name="finish"),
    path("a/<str:token>/current", api.current, name="current"),
    path("a/<str:token>/next", api.upcoming, name="next"),
    path("sound/<str:token>", api.sound, name="sound"),
    path("example/<str:token>", api.example_sound, name="example-sound"),
]
