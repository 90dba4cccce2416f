variable "name" {
  description = "Begin of the names of everything made here."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,22}$", var.name))
    error_message = "name: 2 to 23 small letters, digits and hyphens, a letter first."
  }
}

variable "region" {
  description = "Region, for the names of the endpoints."
  type        = string
  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region: the code of an AWS region, such as eu-central-1."
  }
}

variable "cidr" {
  description = "Addresses of the VPC; subnets are sixteenths of it."
  type        = string
  default     = "10.40.0.0/16"
  validation {
    condition     = can(cidrhost(var.cidr, 0)) && tonumber(split("/", var.cidr)[1]) <= 22
    error_message = "cidr: a range such as 10.40.0.0/16, /22 or larger."
  }
}

variable "zones" {
  description = "Availability zones, two to six; null takes the first two of the region."
  type        = list(string)
  default     = null
  validation {
    condition     = var.zones == null || try(length(distinct(var.zones)) == length(var.zones) && length(var.zones) >= 2 && length(var.zones) <= 6, false)
    error_message = "zones: two to six different zones, or null."
  }
}

variable "nat" {
  description = "Way out of the private subnets: `single` gateway, one `per_zone`, or `none`."
  type        = string
  default     = "single"
  validation {
    condition     = contains(["single", "per_zone", "none"], var.nat)
    error_message = "nat: single, per_zone or none."
  }
}

variable "endpoints" {
  description = "Interface endpoints of ECR, ECS, logs, Secrets Manager and SQS: needed without NAT. The S3 gateway is there in any case."
  type        = bool
  default     = false
  nullable    = false
}

variable "flow_log_days" {
  description = "Days that refused connections are kept in a log; 0 keeps none."
  type        = number
  default     = 30
  validation {
    condition     = contains([0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400], var.flow_log_days)
    error_message = "flow_log_days: 0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365 or 400 (what CloudWatch Logs offers)."
  }
}

variable "kms_key_arn" {
  description = "Key that encrypts the log; null leaves it to CloudWatch Logs."
  type        = string
  default     = null
  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn: the ARN of a KMS key, or null."
  }
}

variable "existing" {
  description = "A VPC of your own instead: subnets in two zones or more, route tables of the private ones (for the S3 gateway; empty if it has one)."
  type = object({
    vpc_id                  = string
    private_subnet_ids      = list(string)
    public_subnet_ids       = list(string)
    private_route_table_ids = optional(list(string), [])
  })
  default = null
  validation {
    condition     = var.existing == null || try(startswith(var.existing.vpc_id, "vpc-") && length(var.existing.private_subnet_ids) >= 2 && length(var.existing.public_subnet_ids) >= 2, false)
    error_message = "existing: vpc_id begins with vpc-, and there are two private and two public subnets at least (a load balancer needs two zones)."
  }
}
