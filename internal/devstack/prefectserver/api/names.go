package api

import (
	"math/rand/v2"
	"strings"
)

// Words for the default names of runs.
const (
	adjectives = `agile amber ample arctic avid azure bold brave bright brisk bronze calm candid cheerful clever
		cobalt coral cosmic crimson crisp curious daring deft dusty eager early earnest elegant emerald fabled fair
		fearless fond free fresh frosty gentle gifted glad golden graceful grand hardy hazel honest humble indigo
		ivory jade jolly keen kind lively loyal lucid lucky lunar maroon mellow merry mighty misty modest nimble noble
		olive patient plucky polite proud quick quiet radiant rapid rare ruby rustic sage sapphire scarlet serene sharp
		silver sincere solar solid spry steady stellar sturdy sunny swift tidy tranquil trusty upbeat velvet vivid warm
		wise witty zesty`
	animals = `albatross alpaca antelope auk badger bat bear beetle bison bobcat buffalo camel caribou cheetah
		chinchilla cobra condor cougar coyote crane cricket crow deer dolphin dove dragonfly eagle egret elk falcon
		ferret finch firefly fox gazelle gecko gibbon giraffe goose grouse gull hare hawk hedgehog heron hippo hornet
		horse ibex ibis iguana impala jackal jaguar jay kestrel kingfisher kiwi koala lark lemur leopard lion lizard
		llama lobster loon lynx macaw magpie manatee marten meerkat mole moose moth narwhal newt ocelot octopus orca
		oriole osprey otter owl panda panther parrot pelican penguin pheasant pigeon plover puffin puma quail rabbit
		raccoon raven robin salmon seal serval shrew sparrow squid stork swan tapir tiger toucan turtle viper vole
		walrus weasel whale wolf wombat wren yak zebra`
)

func (a *API) newName() string {
	if a.NewName != nil {
		return a.NewName()
	}
	return word(adjectives) + "-" + word(animals)
}

func word(words string) string {
	all := strings.Fields(words)
	return all[rand.IntN(len(all))]
}
