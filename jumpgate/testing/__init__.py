"""What ships for the tests of drivers: the contract suite, and a server in a thread."""
