"""Files, documents, caches and tables; the only importers of yaml, diskcache and tiktoken."""
