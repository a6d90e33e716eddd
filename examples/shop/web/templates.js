const fs = require('node:fs');

function render(page) {
  return fs.readFileSync('pages/' + page + '.html', 'utf8');
}

module.exports = { render };
