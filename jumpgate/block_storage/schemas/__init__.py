"""What requests to block storage may say."""
