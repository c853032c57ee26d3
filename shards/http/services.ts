/** The ten documented services with their ports; API.md §2. */
export const serviceTable = {
  auth: { port: 8001, title: "Auth" },
  master_data: { port: 8002, title: "Master data" },
  subscription: { port: 8003, title: "Subscription" },
  invoicing: { port: 8004, title: "Invoicing" },
  admin: { port: 8010, title: "Admin" },
  portal: { port: 8030, title: "Customer portal" },
  orchestration: { port: 8083, title: "Orchestration" },
  usage: { port: 8084, title: "Usage ingestion" },
  payment: { port: 8085, title: "Payment" },
  notification: { port: 8090, title: "Notification" },
} as const;

export type ServiceName = keyof typeof serviceTable;

/** Their names, in the order of the documentation. */
export const serviceNames = Object.keys(serviceTable) as ServiceName[];
