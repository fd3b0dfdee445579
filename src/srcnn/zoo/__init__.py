"""The shipped models and their cards; reading, checking and writing model files."""
