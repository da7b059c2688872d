"""URLs of the explainer app, all below those of the admin."""

from django.urls import path

from .pages import correlation_views, excerpt_views, views

app_name = "explainer"
urlpatterns = [
    path("explanations/<int:pk>/", views.explanation, name="explanation"),
    path("explanations/<int:pk>/beside/<int:other>/", views.comparison, name="comparison"),
    path("explanations/<int:pk>/figures/<str:name>", views.figure, name="figure"),
    path("clips/<int:pk>/sound", views.clip_sound, name="clip-sound"),
    path("clips/upload/", views.upload_clips, name="upload-clips"),
    path("tracks/<int:pk>/sound", views.track_sound, name="track-sound"),
    path("tracks/<int:pk>/excerpts/", excerpt_views.track_excerpts, name="track-excerpts"),
    path("tracks/<int:pk>/excerpts/ask", excerpt_views.ask_model, name="ask-model"),
    path("tracks/<int:pk>/spectrogram.png", excerpt_views.spectrogram, name="track-spectrogram"),
    path("excerpts/", excerpt_views.excerpts, name="excerpts"),
    path("excerpts/data", excerpt_views.excerpts_data, name="excerpts-data"),
    path("excerpts/resume", excerpt_views.resume, name="excerpts-resume"),
    path("excerpts/<int:pk>/delete", excerpt_views.delete_excerpt, name="excerpt-delete"),
    path("excerpts/choices/<int:pk>/", excerpt_views.choice, name="excerpt-choice"),
    path("excerpts/choices/<int:pk>/discard", excerpt_views.discard, name="excerpts-discard"),
    path("correlations/", correlation_views.correlations, name="correlations"),
    path("correlations/table.csv", correlation_views.correlations_table, name="correlations-table"),
    path("correlations/predict", correlation_views.ask_for_predictions, name="correlations-predict"),
    path("correlations/draw", correlation_views.ask_for_pictures, name="correlations-draw"),
    path(
        "correlations/<slug:name>.<slug:kind>",
        correlation_views.correlations_figure,
        name="correlations-figure",
    ),
    path("build/", views.build, name="build"),
    path("progress/", views.progress, name="progress"),
    path("progress/data", views.progress_data, name="progress-data"),
    path("progress/take-up-again", views.take_up_again, name="take-up-again"),
]
