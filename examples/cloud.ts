/**
 * The cloud that the examples use: a cloud of `clouds.yaml` if OS_CLOUD is set, otherwise the Rackspace account of RAX_USERNAME
 * and RAX_API_KEY. A program that uses only services of both runs on either.
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import { Config, Effect, Layer, Option } from "effect"
import { Credentials, OpenStack, Rackspace } from "effect-rackspace"

const openStack = OpenStack.layerCloud().pipe(Layer.provide(NodeContext.layer))

const rackspace = Rackspace.layer({ credentials: Credentials.config, region: "DFW" })

type Both = typeof openStack | typeof rackspace

export const cloud = Layer.unwrapEffect(
  Effect.map(
    Config.option(Config.nonEmptyString("OS_CLOUD")),
    (name): Layer.Layer<OpenStack.Services, Layer.Layer.Error<Both>, Layer.Layer.Context<Both>> =>
      Option.isSome(name) ? openStack : rackspace
  )
)
