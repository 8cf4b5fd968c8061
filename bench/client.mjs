/**
 * Runs one job of a client that is a Node program, in a separate process: `node bench/client.mjs CLIENT TASK JOB`. CLIENT is a
 * file of `clients/`, TASK one of its functions, and JOB its input as JSON. It prints the task's result as JSON, with the wall and
 * CPU time of the task in seconds. They include the login, but not the start of Node and the import of modules.
 */
const [client, task, job] = process.argv.slice(2)
const { tasks } = await import(`./clients/${client}.mjs`)
const run = await tasks[task]()
const start = performance.now()
const before = process.cpuUsage()
const said = await run(JSON.parse(job))
const { system, user } = process.cpuUsage(before)
console.log(JSON.stringify({ ...said, wall: (performance.now() - start) / 1000, cpu: (user + system) / 1e6 }))
