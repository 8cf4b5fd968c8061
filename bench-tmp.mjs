import { spawn } from "node:child_process"; import { once } from "node:events"
const stub=spawn(process.execPath,["/tmp/fold/stub.mjs"],{stdio:["ignore","pipe","inherit"]})
const [l]=await once(stub.stdout,"data"); const port=String(l).trim()
const D="/work/wt/folders/dist/"
const [Effect,Stream,Layer,CF,R,Cr,U,FS]=await Promise.all(["effect/Effect","effect/Stream","effect/Layer",D+"services/CloudFiles.js",D+"layers/Rackspace.js",D+"Credentials.js","@effect/platform-node/NodeHttpClient","@effect/platform-node/NodeFileSystem"].map(x=>import(x)))
const mode=process.argv[2]??"auto"
const base=process.memoryUsage.rss()/1048576
let peak=0; setInterval(()=>{peak=Math.max(peak,process.memoryUsage.rss()/1048576)},5).unref()
const prog=Effect.gen(function*(){
 const files=yield* CF.CloudFiles
 for(let r=0;r<5;r++){
  const c=process.cpuUsage(),t=performance.now()
  const s=yield* CF.runFolder(files.uploadFolder({folder:"/tmp/fold/f10k",container:"c",prefix:"p"+r,archives:mode}))
  const u=process.cpuUsage(c)
  console.log("upload",(performance.now()-t).toFixed(0),"ms cpu",((u.user+u.system)/1e3).toFixed(0),JSON.stringify(s))
  if(r===4||mode==="never")break
  const c2=process.cpuUsage(),t2=performance.now()
  const s2=yield* CF.runFolder(files.sync({direction:"upload",folder:"/tmp/fold/f10k",container:"c",prefix:"p"+r}))
  const u2=process.cpuUsage(c2)
  console.log("sync same",(performance.now()-t2).toFixed(0),"ms cpu",((u2.user+u2.system)/1e3).toFixed(0),JSON.stringify(s2))
  const t3=performance.now()
  console.log(yield* files.emptyContainer({container:"c"}),(performance.now()-t3).toFixed(0))
 }
})
await Effect.runPromise(prog.pipe(Effect.provide(R.layer({credentials:Cr.apiKey({username:"u",apiKey:"k",authUrl:`http://127.0.0.1:${port}/v2.0`}),region:"DFW"})),Effect.provide(U.layerUndici),Effect.provide(FS.layer)))
console.log("rss before",base.toFixed(0),"peak",peak.toFixed(0)); stub.kill()
