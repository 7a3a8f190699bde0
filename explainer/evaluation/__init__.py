"""The eval harness: golden cases, scorers, runs, comparisons. Runtime code never imports it."""
