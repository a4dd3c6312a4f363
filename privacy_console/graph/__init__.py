"""Reading Microsoft Graph's answers, whatever they tell: files, pages, properties, and the place of each problem."""
