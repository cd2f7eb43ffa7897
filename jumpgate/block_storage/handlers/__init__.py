"""The handlers of block storage's endpoints."""
