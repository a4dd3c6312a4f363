"""Terms as the API shows them, and what the bodies of their deeds may say."""
