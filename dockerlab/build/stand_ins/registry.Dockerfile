# A stand-in for registry:2: the same program, in the same place, on the same port.
FROM python:3.11-slim
COPY usr/bin/docker-registry /bin/registry
COPY <<EOF /etc/docker/registry/config.yml
version: 0.1
storage:
  filesystem:
    rootdirectory: /var/lib/registry
http:
  addr: :5000
EOF
EXPOSE 5000
ENTRYPOINT ["/bin/registry"]
CMD ["serve", "/etc/docker/registry/config.yml"]
