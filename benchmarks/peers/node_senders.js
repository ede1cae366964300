// Node's senders, each alone: node node_senders.js wns|https; the protocol of benchmarks/workload.py.
'use strict';
const https = require('https');
const path = require('path');
const readline = require('readline');

const { SINK_PORT, TOAST, TOKEN } = process.env;
const CONCURRENCY = 64;
const agent = new https.Agent({ keepAlive: true, maxSockets: CONCURRENCY });
https.globalAgent.maxSockets = CONCURRENCY;
https.globalAgent.keepAlive = true;

const uri = (number) => `https://localhost:${SINK_PORT}/?token=AwYAAAD8sfbDrL9h7mN${String(number).padStart(8, '0')}`;

function sendByHttps(number, done) {
  const headers = {
    'Content-Type': 'text/xml', 'Content-Length': Buffer.byteLength(TOAST), 'X-WNS-Type': 'wns/toast',
    'X-WNS-RequestForStatus': 'true', 'X-WNS-TTL': '86400', Authorization: `Bearer ${TOKEN}`,
  };
  const request = https.request(uri(number), { method: 'POST', headers, agent }, (response) => {
    response.resume();
    response.on('end', () => done(response.statusCode === 200 ? null : new Error(String(response.statusCode))));
  });
  request.on('error', done);
  request.end(TOAST);
}

function senderByWns() {
  const wns = require(path.join(__dirname, '../.peers/node_modules/wns'));
  // It knows no port but 443.
  const { request } = https;
  https.request = (options, ...more) => request({ ...options, port: SINK_PORT }, ...more);
  const options = { client_id: 'ms-app://s-1-15-2-1', client_secret: 'secret', accessToken: TOKEN };
  return (number, done) => wns.send(uri(number), TOAST, 'wns/toast', options, done);
}

const send = process.argv[2] === 'wns' ? senderByWns() : sendByHttps;

function run(count) {
  return new Promise((resolve, reject) => {
    let started = 0;
    let ended = 0;
    const next = () => {
      if (started === count) return;
      send(started++, (error) => {
        if (error) return reject(error);
        if (++ended === count) return resolve();
        next();
      });
    };
    for (let each = 0; each < CONCURRENCY; each++) next();
  });
}

console.log(JSON.stringify({ ready: true }));
readline.createInterface({ input: process.stdin }).on('line', async (line) => {
  const before = process.cpuUsage();
  const began = process.hrtime.bigint();
  await run(JSON.parse(line));
  const { user, system } = process.cpuUsage(before);
  const wall = Number(process.hrtime.bigint() - began) / 1e9;
  const rss_mb = process.memoryUsage().rss / 1e6;
  console.log(JSON.stringify({ cpu: (user + system) / 1e6, wall, rss_mb, result: null }));
}).on('close', () => process.exit());
