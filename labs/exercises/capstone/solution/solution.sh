cp solution/Dockerfile Dockerfile
