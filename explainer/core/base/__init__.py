"""Basics that every layer of the core uses: recipes, explanations, plurals, free memory."""
