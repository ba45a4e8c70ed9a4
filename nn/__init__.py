"""Networks of Values."""
