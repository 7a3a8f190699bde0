"""Models behind one protocol; the only importers of openai, httpx2, xllamacpp and tenacity."""
