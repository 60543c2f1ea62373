"""The image in Amazon's registry, for all platforms that pull from there."""

import pulumi
import pulumi_aws as aws
import pulumi_awsx as awsx
import pulumi_docker_build as docker_build

from stacks import image
from stacks.aws_shared.iam import partition
from stacks.settings import Service
from stacks.settings.by_platform.shared import ECR


def repository(service: Service) -> "awsx.ecr.Repository":
    """A private repository whose tags cannot be moved and whose deployed images never expire."""
    return awsx.ecr.Repository(
        service.name,
        image_tag_mutability="IMMUTABLE",
        image_scanning_configuration=aws.ecr.RepositoryImageScanningConfigurationArgs(scan_on_push=True),
        # KMS with Amazon's own key costs nothing for the key itself.
        encryption_configurations=[aws.ecr.RepositoryEncryptionConfigurationArgs(encryption_type="KMS")],
        # Every deployed image has a tag, so this expires only the remains of a broken push.
        lifecycle_policy=awsx.ecr.LifecyclePolicyArgs(
            rules=[
                awsx.ecr.LifecyclePolicyRuleArgs(
                    description="what has no tag goes a week after its push",
                    tag_status=awsx.ecr.LifecycleTagStatus.UNTAGGED,
                    maximum_age_limit=7,
                )
            ]
        ),
        # `pulumi destroy` takes the images along.
        force_delete=True,
        tags=service.labels,
    )


def source(service: Service, repository: "awsx.ecr.Repository") -> pulumi.Output[str]:
    """The ARN of the repository that the image is pulled from: the stack's own, or that of `service.image`."""
    if service.image:
        return _repository_of(pulumi.Output.from_input(service.image))
    return repository.repository.arn


def pulls(repository: str, *more: str) -> list[dict[str, object]]:
    """The statements that allow pulling from the repository with this ARN, and there also the actions `more`."""
    actions = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", *more]
    return [
        # The token is for the whole registry.
        {"Action": "ecr:GetAuthorizationToken", "Resource": "*"},
        {"Action": sorted(actions), "Resource": repository},
    ]


def push(
    service: Service, repository_url: pulumi.Output[str], depends_on: list[pulumi.Resource] | None = None
) -> image.Pushed:
    """Build and push the image, unless the stack names an image that exists."""
    if service.image:
        account = aws.get_caller_identity_output().account_id
        return image.Pushed(
            account.apply(lambda number: _of_this_account(service.image, number)),
            _build_of(service.image),
        )
    token = aws.ecr.get_authorization_token_output()
    login = docker_build.RegistryArgs(
        address=repository_url,
        username=token.user_name,
        password=pulumi.Output.secret(token.password),
    )
    return image.build(service, repository_url, login, depends_on or [])


def _build_of(reference: str) -> pulumi.Output[str]:
    """The build id of an existing image, by its tags; "" if it has no such tag or may not be read."""
    place = ECR.names.fullmatch(reference)
    if not place:
        return pulumi.Output.from_input("")
    query = aws.ecr.get_image_output(
        registry_id=place["account"], repository_name=place["name"], image_digest=place["digest"]
    )
    # The id is only shown.
    return query.apply(lambda pushed: image.build_of(pushed.image_tags)).recover(lambda _: "")


def _of_this_account(image: str, account: str) -> str:
    """`image` again, if it is in the registry of `account`; raises pulumi.RunError otherwise."""
    match = ECR.names.fullmatch(image)
    if match and match["account"] != account:
        raise pulumi.RunError(
            f"image: it is in the account {match['account']}, and this stack is in {account}; "
            f"replicate it to {account} (docs/environments.md) and name that copy"
        )
    return image


def _repository_of(image: pulumi.Output[str]) -> pulumi.Output[str]:
    """The ARN of the repository that REPOSITORY@sha256:DIGEST is in."""
    return image.apply(_ecr_arn)


def _ecr_arn(image: str) -> str:
    match = ECR.names.fullmatch(image)
    if not match:
        raise ValueError(image)
    region = match["region"]
    return f"arn:{partition(region)}:ecr:{region}:{match['account']}:repository/{match['name']}"
