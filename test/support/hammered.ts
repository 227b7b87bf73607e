// The tenant whose pool several processes take places in.
export const HAMMERED = {
  settings: '    pool: { max_queue: 100 }\n    timeouts: { queue: 60s }\n',
  services: [1, 2, 5].map(
    (most, at) => `{ name: b${at}, url: "http://10.0.0.${at + 1}:1", max_requests: ${most}, health: "" }`,
  ),
};
