"""Files: uploads, storage, and responses to browsers."""
