// Which nats-server is fetched. The release's checksums are those of its SHA256SUMS file; the linux ones stand as well
// in the official image's Dockerfile (nats-io/nats-docker, 2.15.x). Change version and checksums together, or not at all.

export const oldestVersion = '2.9.0';

/** @type {import('./find-nats-server.mjs').Pins} */
export const pins = {
  // Verified by the Go module checksum database.
  goVersion: '2.15.2',
  release: {
    version: '2.15.0',
    baseUrl: 'https://github.com/nats-io/nats-server/releases/download',
    sha256: {
      'linux-amd64': '5d2c51caca950333aba84911df7d377f826f3a59ec36061c6539105084f65c92',
      'linux-arm64': 'cdc208f5a3f42963a52b6ab06ef65626bb870315dc936e26ba571780c6351112',
      'darwin-amd64': '5bd8b59ca5bf93fab3da2c5843cf564cd6e2e291e22ae3b861746e7ebe259b95',
      'darwin-arm64': 'e1c4e22d70bd44abfa0bcb3c16f7cf0c66f648c2e728c58924e8a1ce88913cc8',
    },
  },
};
