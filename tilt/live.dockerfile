
# What `tilt up` runs instead: code that may be replaced, and a Node that starts again when it was. --watch follows the
# program and what it imports; tilt/bundle.ts sees to it that the program changes whenever anything beside it does.
FROM service AS tilt
USER 0:0
RUN ["chown", "-R", "65532:65532", "/app"]
USER 65532:65532
ENTRYPOINT ["node", "--watch", "--watch-preserve-output", "--v8-pool-size=1", "--max-semi-space-size=8", "main.mjs"]
