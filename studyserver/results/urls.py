"""Addresses of the results app, under ``admin/results/``."""

from django.urls import path

from .pages import views
from .pages.planning import views as planning

app_name = "results"
urlpatterns = [
    path("study/<slug:slug>/", views.study, name="study"),
    path("study/<slug:slug>/remains/", views.remains, name="remains"),
    path("study/<slug:slug>/agreement/", views.agreement, name="agreement"),
    path("study/<slug:slug>/annotators/", views.annotators, name="annotators"),
    path("study/<slug:slug>/annotators/<slug:pseudonym>/", views.annotator, name="annotator"),
    path("study/<slug:slug>/report/", views.report, name="report"),
    path("study/<slug:slug>/progress/", views.progress, name="progress"),
    path("study/<slug:slug>/planning/", planning.planning, name="planning"),
    path("study/<slug:slug>/planning/plot.<str:kind>", planning.planning_plot, name="planning-plot"),
    path("study/<slug:slug>/planning/simulate/", planning.simulate, name="planning-simulate"),
    path("study/<slug:slug>/planning/simulation.json", planning.simulation, name="planning-simulation"),
    path("study/<slug:slug>/export/", views.export, name="export"),
    path("study/<slug:slug>/figure/<str:name>", views.figure, name="figure"),
]
