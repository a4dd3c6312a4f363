"""What all kinds of differences between what is seen and what is recorded share. An app finds and clears its own."""
