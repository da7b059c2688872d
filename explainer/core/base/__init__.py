"""What every layer of the core uses: recipes, explanations, numbers with their nouns, free memory."""
