"""Addresses of the site; each app defines its own."""

from django.contrib import admin
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import include, path

urlpatterns = [
    # Browsers request this address on pages without an icon, such as the admin's.
    path("favicon.ico", lambda request: redirect(static("study/icon.svg"))),
    path("admin/explainer/", include("explainer.urls")),
    path("admin/results/", include("studyserver.results.urls")),
    path("admin/", admin.site.urls),
    path("", include("studyserver.study.urls")),
]
