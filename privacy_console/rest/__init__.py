"""The ground that every part of the API stands on; it knows no app."""
