"""The networks have the published shapes."""

import pytest
import torch

from explainer.demo_models.two_level_networks import A2E, EMOTIONS, MID_LEVEL, A2Mid2E, A2Mid2EJoint

FEATURES = torch.rand(2, 313, 149, generator=torch.Generator().manual_seed(0))
# Table of the architecture: time x band x channels after the named layer of the trunk.
PUBLISHED = [
    (157, 75, 64),
    (78, 37, 64),
    (39, 18, 128),
    (39, 18, 256),
    (39, 18, 256),
    (39, 18, 384),
    (39, 18, 512),
    (37, 16, 256),
]


def test_every_layer_has_the_published_output():
    shapes = []
    network = A2E().eval()

    def note(module, inputs, output):
        shapes.append((output.shape[2], output.shape[3], output.shape[1]))

    kinds = (torch.nn.ReLU, torch.nn.MaxPool2d)
    for layer in network.trunk:
        if isinstance(layer, kinds):
            layer.register_forward_hook(note)
    with torch.inference_mode():
        assert network(FEATURES).shape == (2, 8)
    after_pooling = [shapes[0], shapes[2], shapes[5], *shapes[6:]]
    assert after_pooling == PUBLISHED


@pytest.mark.parametrize("network", [A2Mid2E, A2Mid2EJoint])
def test_second_level_is_linear_in_the_first(network):
    model = network().eval()
    with torch.no_grad():
        outputs = model(FEATURES)
    assert outputs.shape == (2, len(MID_LEVEL) + len(EMOTIONS)) == (2, 15)
    assert model.emotion_weights.shape == (7, 8)
    torch.testing.assert_close(outputs[:, 7:], outputs[:, :7] @ model.emotion_weights + model.emotion_bias)


@pytest.mark.parametrize(("network", "teaches"), [(A2Mid2E, False), (A2Mid2EJoint, True)])
def test_only_the_joint_network_lets_emotions_teach_the_first_level(network, teaches):
    torch.manual_seed(0)
    model = network()
    features, mid_level, emotions = FEATURES[:, :32, :32], torch.rand(2, 7), torch.rand(2, 8)
    gradients = []
    for labels in (emotions, emotions + 5):
        model.eval().zero_grad()
        model.loss(features, mid_level, labels).backward()
        gradients.append(model.mid_level.weight.grad.clone())
    assert torch.equal(*gradients) != teaches


def test_a2e_learns_down_to_its_first_layer():
    torch.manual_seed(0)
    model = A2E().eval()
    features, mid_level, emotions = FEATURES[:, :32, :32], torch.zeros(2, 7), torch.rand(2, 8)
    before = model.trunk[0].weight.detach().clone()
    optimiser = torch.optim.SGD(model.parameters(), lr=1e-3)
    losses = []
    for _ in range(3):
        optimiser.zero_grad()
        loss = model.loss(features, mid_level, emotions)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[0] > losses[1] > losses[2]
    assert not torch.equal(model.trunk[0].weight, before)
