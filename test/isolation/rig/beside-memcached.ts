/**
 * A configuration with one built-in host: memcached at 127.0.2.4, and an extension of lines at 127.0.2.5.
 *
 * @param name Of the extension and of its endpoint.
 * @param extensions As the configuration has them.
 * @param ports Of the two servers.
 */
export function besideMemcached(
  name: string,
  extensions: string,
  ports: { readonly memcached: number; readonly lines: number },
): string {
  return `
hosts: 1
drainMs: 100
endpoints:
  - {name: memcached, addresses: [127.0.2.4], labels: ["app=memcached"]}
  - {name: ${name}, addresses: [127.0.2.5], labels: ["app=${name}"]}
  - {name: client, addresses: [127.0.1.1], labels: ["app=client"]}
redirects:
  - {listen: "127.0.0.1:0", upstream: "127.0.2.4:${ports.memcached}", endpoint: memcached}
  - {listen: "127.0.0.1:0", upstream: "127.0.2.5:${ports.lines}", endpoint: ${name}}
policies: [./policy.yaml]
extensions: ${extensions}
accessLog: ./run/access.log
`;
}
