"""What an installation outside `ioc up` needs: the broker's files, secrets, and health checks for containers."""
