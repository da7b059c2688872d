"""The study app: studies and the pages for annotators."""

from django.apps import AppConfig


class StudyConfig(AppConfig):
    """Studies, questions, stimuli, annotators, trials and judgments."""

    name = "studyserver.study"
    label = "study"
    verbose_name = "Listening studies"
