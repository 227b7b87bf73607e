// The beginning of every nginx configuration in the tests: in the foreground, with one worker, and all files in one folder.

/** Everything before the first server. Without `user`, a worker that root has started could not read the files. */
export function nginxHead(directory: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${directory}/${kind};`,
  );
  return `
${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off; worker_processes 1; pid ${directory}/pid; error_log ${directory}/error.log;
events { worker_connections 1024; }
http {
  access_log off; ${temporary.join(' ')}`;
}
