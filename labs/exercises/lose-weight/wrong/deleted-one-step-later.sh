# fails: it_is_light
cat > Dockerfile <<'END'
FROM python:3.11-slim
WORKDIR /map
COPY seed.txt survey.py cut.py show.py ./
RUN useradd --uid 1000 walker
RUN python survey.py && python cut.py && chown -R walker tiles
RUN rm survey.raw
USER walker
CMD ["python", "show.py"]
END
