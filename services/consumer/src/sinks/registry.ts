// Every type of sink: a new one is a folder beside this file and a line here. A spec compares the two.
export { defectdojo } from './defectdojo/index.ts';
export { elasticsearch } from './elasticsearch/index.ts';
export { file } from './file/index.ts';
export { jira } from './jira/index.ts';
export { mongodb } from './mongodb/index.ts';
export { s3 } from './s3/index.ts';
export { slack } from './slack/index.ts';
export { stdout } from './stdout/index.ts';
export { webhook } from './webhook/index.ts';
