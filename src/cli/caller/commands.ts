/** The commands that call a server, here or elsewhere, as any client of it does; some know this installation as well. */
import type { CommandEntry } from '../command-entry.ts';

export const callerCommands: Record<string, CommandEntry[]> = {
  'Requests:': [
    {
      name: 'run',
      description: 'run a model, follow it, save what comes of it',
      load: async () => (await import('./run.ts')).runCommand,
    },
    {
      name: 'submit',
      description: 'run a model without waiting for it; prints the id of the request',
      load: async () => (await import('./submit.ts')).submitCommand,
    },
    {
      name: 'status',
      description: 'where a request stands',
      load: async () => (await import('./status.ts')).statusCommand,
    },
    {
      name: 'result',
      description: 'wait for a request, save what comes of it',
      load: async () => (await import('./result.ts')).resultCommand,
    },
    {
      name: 'cancel',
      description: 'take requests out of the queue, if they still wait there',
      load: async () => (await import('./cancel.ts')).cancelCommand,
    },
    {
      name: 'requests',
      description: 'the history of requests',
      load: async () => (await import('./requests.ts')).requestsCommands,
    },
    {
      name: 'files',
      description: 'uploads, to be used wherever the URL of an image is',
      load: async () => (await import('./files.ts')).filesCommands,
    },
  ],
  'Models, keys, servers:': [
    {
      name: 'models',
      description: 'the model catalogue',
      load: async () => (await import('../models.ts')).modelsCommands,
    },
    {
      name: 'types',
      description: "TypeScript for the models' inputs and outputs, for programs that use the client",
      load: async () => (await import('../types.ts')).typesCommand,
    },
    {
      name: 'keys',
      description: 'API keys',
      load: async () => (await import('../keys.ts')).keysCommands,
    },
    {
      name: 'login',
      description: 'keep a key for a server, and call that server from now on',
      load: async () => (await import('./login.ts')).loginCommand,
    },
    {
      name: 'logout',
      description: 'forget the key of a server',
      load: async () => (await import('./logout.ts')).logoutCommand,
    },
    {
      name: 'usage',
      description: 'requests, outputs and cost, by day, model or key',
      load: async () => (await import('../usage.ts')).usageCommand,
    },
    {
      name: 'webhooks',
      description: 'addresses that are told what happens',
      load: async () => (await import('./webhooks.ts')).webhooksCommands,
    },
    {
      name: 'listen',
      description: 'show what happens, and forward it to a program on this machine',
      load: async () => (await import('./listen.ts')).listenCommand,
    },
    {
      name: 'mcp',
      description: 'offer the models as tools, over stdio or HTTP',
      load: async () => (await import('../mcp.ts')).mcpCommand,
    },
    {
      name: 'completion',
      description: 'a script that completes commands, models and their options in your shell',
      load: async () => (await import('./completion.ts')).completionCommand,
    },
  ],
};
