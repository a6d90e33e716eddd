const http = require('node:http');
const { exec } = require('node:child_process');
const { find } = require('./search.js');
const { render } = require('./templates.js');

const server = http.createServer((request, response) => {
  const url = new URL(request.url, 'http://shop');
  if (url.pathname === '/search') {
    response.end(JSON.stringify(find(url.searchParams.get('q'))));
  } else if (url.pathname === '/thumbnail') {
    exec('convert ' + url.searchParams.get('image') + ' -resize 200 -', { encoding: 'buffer' }, (error, picture) => {
      response.end(picture);
    });
  } else {
    response.end(render(url.pathname.slice(1)));
  }
});

server.listen(8080);
