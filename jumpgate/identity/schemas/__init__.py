"""What request bodies of the identity service must look like."""
