#!/bin/sh
# Builds app/static/vendor anew from the locked packages: purged style sheet, subset fonts, licences, checksums.
# Needs Node 20 and the npm registry. Run it after adding classes to a template, and commit what changed.
set -eu
cd "$(dirname "$0")"
npm ci --ignore-scripts --no-audit --no-fund
npm run --silent build
